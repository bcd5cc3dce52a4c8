# RFC 3501 §6.4.5: BODY[] is the whole message and sets \Seen
@imap select INBOX
@append INBOX simple.eml
C: a FETCH 1 BODY[]
S: * 1 FETCH (${|FLAGS (\Seen) |}BODY[] {}
S< simple.eml
S: ${| FLAGS (\Seen)|})
S: ...
S: a OK ...
C: b FETCH 1 FLAGS
S: * 1 FETCH (FLAGS ~(\Seen ?\Recent))
S: b OK ...
