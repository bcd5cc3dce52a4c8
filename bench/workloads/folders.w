# Makes folders.
protocol imap
[setup]
user
connect
< * OK
> a LOGIN {login} {password}
< a OK
[loop]
> a CREATE Folder{n}
< a OK
