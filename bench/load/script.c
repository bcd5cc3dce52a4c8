/* Reads workloads. A file of the repository, not of a peer: what is wrong in it ends the program. */
#include "script.h"

#include "die.h"

static const char *const protocol_words[] = {"imap", "pop3", "lmtp"};
static const char *const seen_words[] = {
	"fetch", "exists", "expunge", "status", "list", "hits", "threads", "lines", "literals", "genuine", "same"};

static void read_file(struct buf *b, const char *path)
{
	FILE *f = fopen(path, "re");
	if (!f)
		die("%s: %m", path);
	char *p = buf_reserve(b, SCRIPT_BYTES_MAX / 2);
	buf_commit(b, fread(p, 1, SCRIPT_BYTES_MAX / 2, f));
	fclose(f);
}

/* The value of {name}, or a span without bytes and pointer when it is none of the defines. */
static struct span define_of(struct span name, char *const *defines, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct span rest = span_of(defines[i]), word;
		if (span_take_until(&rest, '=', &word) && span_eq(word, name))
			return rest;
	}
	return (struct span){0};
}

static void replace_defines(struct buf *to, struct span from, char *const *defines, unsigned count)
{
	while (from.n > 0) {
		size_t brace = span_find_byte(from, '{'), end = span_find_byte(from, '}');
		if (brace == SIZE_MAX || end == SIZE_MAX || end < brace) {
			buf_add(to, from);
			return;
		}
		struct span value = define_of(span(from.p + brace + 1, end - brace - 1), defines, count);
		buf_add(to, span_first(from, value.p ? brace : end + 1));
		buf_add(to, value);
		from = span_skip(from, end + 1);
	}
}

static unsigned word_index(struct span word, const char *const *words, unsigned count, const char *path)
{
	for (unsigned i = 0; i < count; i++)
		if (span_eq(word, span_of(words[i])))
			return i;
	die("%s: unknown word %.*s", path, SPAN_ARG(word));
}

static struct step read_step(struct span line, const char *path)
{
	if (span_take(&line, SPAN("> ")))
		return (struct step){.kind = STEP_SEND, .text = line};
	if (span_take(&line, SPAN("< ")))
		return (struct step){.kind = STEP_AWAIT, .text = line};
	if (span_take(&line, SPAN("<. ")))
		return (struct step){.kind = STEP_AWAIT_LINES, .text = line};
	if (span_eq(line, SPAN("user")))
		return (struct step){.kind = STEP_USER};
	if (span_eq(line, SPAN("connect")))
		return (struct step){.kind = STEP_CONNECT};
	if (span_eq(line, SPAN("close")))
		return (struct step){.kind = STEP_CLOSE};
	if (span_eq(line, SPAN("end")))
		return (struct step){.kind = STEP_END};
	struct step step = {.kind = STEP_REPEAT};
	if (span_take(&line, SPAN("repeat ")) && span_u64(line, &step.number))
		return step;
	step.kind = STEP_PAUSE;
	if (span_take(&line, SPAN("pause ")) && span_u64(line, &step.number))
		return step;
	step.kind = STEP_EXPECT;
	struct span what;
	if (!span_take(&line, SPAN("expect ")) || !span_take_word(&line, &what))
		die("%s: not a step: %.*s", path, SPAN_ARG(line));
	step.what = (enum seen)word_index(what, seen_words, SEEN_COUNT, path);
	if (step.what != SEEN_SAME && !span_u64(span_trim(line), &step.number))
		die("%s: not a number: %.*s", path, SPAN_ARG(line));
	return step;
}

void script_read(struct script *s, const char *path, char *const *defines, unsigned count)
{
	struct buf file;
	buf_init(&file, SCRIPT_BYTES_MAX);
	buf_init(&s->text, SCRIPT_BYTES_MAX);
	read_file(&file, path);
	replace_defines(&s->text, buf_span(&file), defines, count);
	buf_fini(&file);
	struct span rest = buf_span(&s->text), line, word;
	bool in_loop = false;
	while (span_take_until(&rest, '\n', &line)) {
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (span_take(&line, SPAN("protocol ")) && span_take_word(&line, &word)) {
			s->protocol = (enum protocol)word_index(word, protocol_words, ARRAY_LEN(protocol_words), path);
			continue;
		}
		if (span_eq(line, SPAN("[setup]")) || span_eq(line, SPAN("[loop]"))) {
			in_loop = line.p[1] == 'l';
			continue;
		}
		unsigned *n = in_loop ? &s->loop_n : &s->setup_n;
		if (*n == SCRIPT_STEPS_MAX)
			die("%s: more than %d steps", path, SCRIPT_STEPS_MAX);
		struct step step = read_step(line, path);
		s->genuine |= step.kind == STEP_EXPECT && step.what == SEEN_GENUINE;
		(in_loop ? s->loop : s->setup)[(*n)++] = step;
	}
}
