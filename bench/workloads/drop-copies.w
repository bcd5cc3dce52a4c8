# Takes the copies away again.
protocol imap
[setup]
user
connect
< * OK
> a LOGIN {login} {password}
< a OK
[loop]
> a DELETE Copies
< a OK
