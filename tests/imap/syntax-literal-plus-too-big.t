# RFC 7888 §3: a non-synchronizing literal beyond the limit for a mailbox name is refused with bounded memory
@imap login
@may-close a server may end such a session, and its last words may be lost with it
C: a SELECT {100000+}
C: ${x*100000}
S: ...
S: ${|a BAD|a NO|* BYE} ...
