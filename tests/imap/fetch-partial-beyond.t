# RFC 3501 §6.4.5: a piece beyond the end is an empty string, one across the end is cut
@imap select INBOX
@append INBOX dots.eml
C: a FETCH 1 BODY.PEEK[]<100000.10>
S: * 1 FETCH (BODY[]<100000> ${|""|{0}\x0d\x0a})
S: a OK ...
C: b FETCH 1 BODY.PEEK[HEADER.FIELDS (Subject)]<9.1000>
S: * 1 FETCH (BODY[HEADER.FIELDS (${|Subject|SUBJECT})]<9> "dots\x0d\x0a\x0d\x0a")
S: b OK ...
