# RFC 3030 §3: BINARYMIME is not offered, so that BODY=BINARYMIME is refused
@lmtp login
C: MAIL FROM:<sender@example.org> BODY=BINARYMIME
S: ${|555|501} 5.5.4 ...
