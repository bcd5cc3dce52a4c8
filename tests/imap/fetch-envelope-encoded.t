# RFC 3501 §7.4.2: ENVELOPE gives encoded words as they stand
@imap select INBOX
@append INBOX arabic.eml
C: a FETCH 1 ENVELOPE
S: * 1 FETCH (ENVELOPE ("Tue, 10 Mar 2020 12:00:00 +0000" "=?utf-8?B?2YXYsdit2KjYpw==?= =?utf-8?B?INio2YM=?=" (("=?utf-8?B?2YXZg9iq2Kgg2KfZhNio2LHZitiv?=" NIL "barid" "example.org")) (("=?utf-8?B?2YXZg9iq2Kgg2KfZhNio2LHZitiv?=" NIL "barid" "example.org")) (("=?utf-8?B?2YXZg9iq2Kgg2KfZhNio2LHZitiv?=" NIL "barid" "example.org")) ((NIL NIL "bob" "example.net")) NIL NIL NIL "<arabic@example.org>"))
S: a OK ...
