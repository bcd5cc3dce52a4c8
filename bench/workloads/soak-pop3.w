# A POP3 client that leaves mail on the server.
protocol pop3
[loop]
user
connect
< +OK
> USER {login}
< +OK
> PASS {password}
< +OK
> UIDL
<. +OK
expect lines 100
> RETR 7
<. +OK
expect genuine 1
> QUIT
< +OK
close
pause 3000
