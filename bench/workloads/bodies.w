# Everything there is, as a client that makes an offline copy asks for it; the same bytes each time.
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
> c FETCH 1:* BODY.PEEK[]
< c OK
expect fetch {number}
expect literals {number}
expect same
