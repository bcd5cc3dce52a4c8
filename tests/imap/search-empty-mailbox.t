# RFC 3501 §6.4.4: a search that finds nothing still answers SEARCH
@imap select INBOX
C: a SEARCH ALL
S: * SEARCH
S: a OK ...
