# A client that looks at one message after another, all over the mailbox.
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
> c FETCH {any} (FLAGS BODY.PEEK[HEADER.FIELDS (FROM SUBJECT)])
< c OK
expect fetch 1
expect literals 1
