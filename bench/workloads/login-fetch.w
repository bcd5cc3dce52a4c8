# A phone that looks in: login, SELECT, 50 envelopes, logout; a new connection each time.
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
> d LOGOUT
< d OK
close
