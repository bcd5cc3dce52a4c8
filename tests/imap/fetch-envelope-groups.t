# RFC 3501 §7.4.2: ENVELOPE of groups, quoted names, folded fields, In-Reply-To, Bcc, Sender and Reply-To
@imap select INBOX
@append INBOX headers.eml
C: a FETCH 1 ENVELOPE
S: * 1 FETCH (ENVELOPE ("Fri, 1 May 2020 10:00:00 +0000" "a folded subject" (("Smith, \"Al\"" NIL "al" "example.org")) ((NIL NIL "secretary" "example.org")) ((NIL NIL "replies" "example.org")) ((NIL NIL "Friends" NIL)(NIL NIL "joe" "example.net")("Jane" NIL "jane" "example.net")(NIL NIL NIL NIL)(NIL NIL "solo" "example.com")) ((NIL NIL "undisclosed-recipients" NIL)(NIL NIL NIL NIL)) ((NIL NIL "hidden" "example.net")) "<previous@example.org>" "<headers@example.org>"))
S: a OK ...
