# One command again and again in an open mailbox; what it answers is counted.
protocol imap
[setup]
user
connect
< * OK
> a LOGIN {login} {password}
< a OK
> b SELECT INBOX
< b OK
[loop]
> c {command}
< c OK
expect {what} {number}
