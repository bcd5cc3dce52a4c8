# A POP3 client that looks at everything: login, UIDL, RETR of 100 messages, QUIT.
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
repeat 100
> RETR {i}
<. +OK
end
> QUIT
< +OK
close
