# Fills a mailbox as a client does that moves in.
protocol imap
[setup]
user
connect
< * OK
> a LOGIN {login} {password}
< a OK
[loop]
> a APPEND {mailbox} {literal+}
> {message}
< a OK
