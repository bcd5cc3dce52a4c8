# RFC 2033 §4.2: one recipient, one answer after the dot; Return-Path and Received come on top of the message
@lmtp login
@C2 imap select INBOX
C: MAIL FROM:<sender@example.org>
S: 250 2.1.0 ...
C: RCPT TO:<${address}>
S: 250 2.1.5 ...
C: DATA
S: 354 ...
C.< simple.eml
S: 250 2.0.0 ...
C: QUIT
S: 221 2.0.0 ...
C2: a NOOP
S2: ...
S2: a OK ...
C2: b FETCH 1 BODY.PEEK[]
S2: * 1 FETCH (BODY[] {}
S2| Return-Path: <sender@example.org>
S2| ...Received: from player...
S2| From: Alice Smith <alice@example.org>
S2| To: Bob <bob@example.net>
S2| Cc: carol@example.com
S2| Subject: afternoon meeting
S2| Date: Mon, 7 Feb 1994 21:52:25 -0800
S2| Message-ID: <B27397-0100000@example.org>
S2| MIME-Version: 1.0
S2| Content-Type: TEXT/PLAIN; CHARSET=US-ASCII
S2|
S2| Hello Joe, do you think we can meet at 3:30 tomorrow?
S2: )
S2: b OK ...
