# A POP3 client that looks for news in a large maildrop.
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
expect lines {number}
> LIST
<. +OK
expect lines {number}
> QUIT
< +OK
close
