# RFC 3501 §2.3.2: keywords are the same in any case of letters
@imap select INBOX
@append INBOX simple.eml ($MDNSent)
C: a STORE 1 +FLAGS ($mdnsent)
S?: * 1 FETCH (FLAGS ~($MDNSent ?\Recent))
S: a OK ...
C: b STORE 1 -FLAGS ($MDNSENT)
S: * 1 FETCH (FLAGS ~(?\Recent))
S: b OK ...
