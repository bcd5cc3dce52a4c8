# One command whose answer is not counted.
protocol imap
[setup]
user
connect
< * OK
> a LOGIN {login} {password}
< a OK
> a CREATE Copies
< a
> b SELECT INBOX
< b OK
[loop]
> c {command}
< c OK
