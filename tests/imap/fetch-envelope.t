# RFC 3501 §7.4.2: ENVELOPE; Sender and Reply-To are From where the message has none
@imap select INBOX
@append INBOX simple.eml
C: a FETCH 1 ENVELOPE
S: * 1 FETCH (ENVELOPE ("Mon, 7 Feb 1994 21:52:25 -0800" "afternoon meeting" (("Alice Smith" NIL "alice" "example.org")) (("Alice Smith" NIL "alice" "example.org")) (("Alice Smith" NIL "alice" "example.org")) (("Bob" NIL "bob" "example.net")) ((NIL NIL "carol" "example.com")) NIL NIL "<B27397-0100000@example.org>"))
S: a OK ...
