# A client that asks every five seconds whether there is news.
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
pause 5000
