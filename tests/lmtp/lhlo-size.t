# RFC 1870 §3: SIZE is offered with the limit
@lmtp
@not dovecot: it offers no SIZE
S: 220 ...
C: LHLO player
S: ...
S: 250${|-| }SIZE ${n:number}
