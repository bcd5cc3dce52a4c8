# A webmail request: login, SELECT, the unseen, the headers of fifty messages, logout.
protocol imap
[loop]
user
connect
< * OK
> a LOGIN {login} {password}
< a OK
> b SELECT INBOX
< b OK
> c UID SEARCH UNSEEN
< c OK
expect hits 100
> d FETCH 51:100 (UID FLAGS RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS (FROM TO SUBJECT DATE)])
< d OK
expect fetch 50
> e LOGOUT
< e OK
close
