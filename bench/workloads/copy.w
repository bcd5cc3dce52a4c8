# Ten thousand messages (or what there is) into another mailbox.
protocol imap
[setup]
user
connect
< * OK
> a LOGIN {login} {password}
< a OK
> a CREATE Copies
< a OK
> b SELECT INBOX
< b OK
[loop]
> c COPY 1:{number} Copies
< c OK
