# RFC 3501 §6.2.2: AUTHENTICATE LOGIN asks for the user name, then for the password
@imap
@needs AUTH=LOGIN
S: * OK ...
C: a AUTHENTICATE LOGIN
S: + VXNlcm5hbWU6
C: ${user64}
S: + UGFzc3dvcmQ6
C: ${password64}
S?: * CAPABILITY ...
S: a OK ...
