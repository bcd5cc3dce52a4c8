/* Finding languages and texts. */
#include "pop3/wire/language.h"

static const struct {
	const char *tag, *name;
} languages[POP3_LANGUAGES] = {
	[POP3_ENGLISH] = {"en", "English"},
	[POP3_ARABIC] = {"ar", "العربية"},
	[POP3_FRENCH] = {"fr", "Français"},
	[POP3_CHINESE] = {"zh", "中文"},
};

static const char *const texts[][POP3_LANGUAGES] = {
#define TEXT(english, arabic, french, chinese) {english, arabic, french, chinese},
#include "pop3/texts.def"
#undef TEXT
};

bool pop3_language_find(struct span range, enum pop3_language *out)
{
	struct span primary =
		span_first(range, span_find_byte(range, '-') == SIZE_MAX ? range.n : span_find_byte(range, '-'));

	for (enum pop3_language l = 0; l < POP3_LANGUAGES; l++)
		if (span_eq_nocase(primary, span_of(languages[l].tag))) {
			*out = l;
			return true;
		}
	return false;
}

const char *pop3_language_tag(enum pop3_language l)
{
	return languages[l].tag;
}

const char *pop3_language_name(enum pop3_language l)
{
	return languages[l].name;
}

const char *pop3_text(enum pop3_language l, const char *english)
{
	for (size_t i = 0; l != POP3_ENGLISH && i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i][POP3_ENGLISH], english) == 0)
			return texts[i][l];
	return english;
}
