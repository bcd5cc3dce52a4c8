/* A workload: what every connection does once (`setup`) and then again and again (`loop`, one operation). The files
 * in bench/workloads/ are read into this. A line of such a file is one step:
 *
 *     protocol imap|pop3|lmtp   first of all
 *     [setup] [loop]            which steps follow
 *     user                      the next account, in turn
 *     connect                   a connection (with TLS when --tls), and the greeting is awaited
 *     > TEXT                    send TEXT and CRLF; {login} {address} {password} {n} {message} stand for their values,
 *                               {any} for a number up to --any, {literal} and {literal+} for the head of a literal with the message
 *                               that {message} then sends
 *     < PREFIX                  wait for the answer; it must begin with PREFIX
 *     <. PREFIX                 POP3: the same, and its lines up to the dot
 *     expect WHAT NUMBER        WHAT (fetch, exists, expunge, status, list, hits, threads, lines, literals, genuine, same) was seen NUMBER
 *                               times since the step before the last ">"; "genuine": literals, or lines up to a dot, that are byte by byte
 *                               a message of ours; "same": the bytes of all literals or lines are those of the first time
 *     repeat NUMBER             the steps up to "end" are taken NUMBER times, {i} counts them from 1
 *     end
 *     pause MS                  the client thinks
 *     close                     the connection ends
 *
 * {NAME} of a --define NAME=VALUE is replaced when the file is read. */
#ifndef LOAD_SCRIPT_H
#define LOAD_SCRIPT_H

#include "base/buf.h"

enum protocol { PROTOCOL_IMAP, PROTOCOL_POP3, PROTOCOL_LMTP };
enum step_kind {
	STEP_USER,
	STEP_CONNECT,
	STEP_SEND,
	STEP_AWAIT,
	STEP_AWAIT_LINES,
	STEP_EXPECT,
	STEP_REPEAT,
	STEP_END,
	STEP_PAUSE,
	STEP_CLOSE
};
enum seen {
	SEEN_FETCH,
	SEEN_EXISTS,
	SEEN_EXPUNGE,
	SEEN_STATUS,
	SEEN_LIST,
	SEEN_HITS,
	SEEN_THREADS,
	SEEN_LINES,
	SEEN_LITERALS,
	SEEN_GENUINE,
	SEEN_SAME,
	SEEN_COUNT
};

struct step {
	enum step_kind kind;
	struct span text; /* SEND: what; AWAIT: the prefix */
	enum seen what;   /* EXPECT */
	uint64_t number;  /* EXPECT, REPEAT, PAUSE */
};

enum { SCRIPT_STEPS_MAX = 64, SCRIPT_BYTES_MAX = 1 << 16 };

struct script {
	enum protocol protocol;
	struct step setup[SCRIPT_STEPS_MAX], loop[SCRIPT_STEPS_MAX];
	unsigned setup_n, loop_n;
	bool genuine;    /* a step wants to know it */
	struct buf text; /* what the spans point into */
};

/* Reads `path`; `defines` are `count` texts NAME=VALUE. Says what is wrong and exits when it is not a workload. */
void script_read(struct script *s, const char *path, char *const *defines, unsigned count);

#endif
