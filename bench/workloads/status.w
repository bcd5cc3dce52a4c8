# A client that asks for the counts of all its folders, one command each, pipelined.
protocol imap
[setup]
user
connect
< * OK
> a LOGIN {login} {password}
< a OK
[loop]
repeat {number}
> s STATUS Folder{i} (MESSAGES UNSEEN UIDNEXT)
end
repeat {number}
< s OK
end
