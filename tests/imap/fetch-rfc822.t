# RFC 3501 §6.4.5: RFC822 is BODY[] by its old name, and sets \Seen
@imap select INBOX
@append INBOX simple.eml
C: a FETCH 1 RFC822
S: * 1 FETCH (${|FLAGS (\Seen) |}RFC822 {}
S< simple.eml
S: ${| FLAGS (\Seen)|})
S: ...
S: a OK ...
C: b FETCH 1 FLAGS
S: * 1 FETCH (FLAGS ~(\Seen ?\Recent))
S: b OK ...
