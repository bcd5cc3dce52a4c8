# RFC 3501 §9 store-att-flags: flags without parentheses
@imap select INBOX
@append INBOX simple.eml
C: a STORE 1 +FLAGS \Seen \Flagged
S: * 1 FETCH (FLAGS ~(\Seen \Flagged ?\Recent))
S: a OK ...
