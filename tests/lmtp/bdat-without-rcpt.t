# RFC 3030 §2: BDAT without recipients takes its bytes and is 503
@lmtp login
C: BDAT 6 LAST
C: QUIT\x0d\x0a\
S: 503 5.5.${|1|0} ...
C: NOOP
S: 250 ...
