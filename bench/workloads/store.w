# A flag set on all messages and taken away again: two commands an operation.
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
> c STORE 1:* +FLAGS (\Flagged)
< c OK
expect fetch {number}
> d STORE 1:* -FLAGS (\Flagged)
< d OK
expect fetch {number}
