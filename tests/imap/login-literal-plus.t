# RFC 7888 §4: LOGIN with non-synchronizing literals, all in one packet
@imap
@needs LITERAL+
S: * OK ...
C: a LOGIN {+}
C| ${user}\
C:  {+}
C| ${password}\
C:
S?: * CAPABILITY ...
S: a OK ...
