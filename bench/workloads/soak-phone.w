# A phone: looks in, files one message away, goes.
protocol imap
[loop]
user
connect
< * OK
> a LOGIN {login} {password}
< a OK
> b SELECT INBOX
< b OK
> c FETCH 1:50 (UID FLAGS ENVELOPE)
< c OK
expect fetch 50
> d FETCH 1:10 BODY.PEEK[]
< d OK
expect literals 10
expect genuine 10
> e LOGOUT
< e OK
close
pause 2000
