# The first SELECT of a mailbox that nobody has open.
protocol imap
[setup]
user
connect
< * OK
> a LOGIN {login} {password}
< a OK
[loop]
> b SELECT INBOX
< b OK
expect exists 1
