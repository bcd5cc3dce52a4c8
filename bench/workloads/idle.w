# A device that waits for news.
protocol imap
[setup]
user
connect
< * OK
> a LOGIN {login} {password}
< a OK
> b SELECT INBOX
< b OK
> c IDLE
< +
