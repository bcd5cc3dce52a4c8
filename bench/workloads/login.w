# Only the handshake and the login.
protocol imap
[loop]
user
connect
< * OK
> a LOGIN {login} {password}
< a OK
> d LOGOUT
< d OK
close
