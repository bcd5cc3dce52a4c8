# RFC 5034 §4: AUTH LOGIN
@pop3
S: +OK ...
C: AUTH LOGIN
S: + VXNlcm5hbWU6
C: ${user64}
S: + UGFzc3dvcmQ6
C: ${password64}
S: +OK...
