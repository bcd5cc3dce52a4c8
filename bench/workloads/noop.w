# The smallest command, to see how soon anything is answered.
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
> c NOOP
< c OK
