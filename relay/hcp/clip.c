#include "relay/hcp/clip.h"

#include <inttypes.h>
#include <stdio.h>

#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* One pass over a chunk; `from` is the first byte not handed on yet. */
struct pass {
	struct clip *clip;
	const char *data;
	size_t len, at, from;
	clip_emit_fn *emit;
	void *arg;
	struct err *err;
};

static int
hand_on(struct pass *pass, size_t until)
{
	size_t from = pass->from;

	pass->from = until;
	pass->clip->handed = pass->clip->offset + from;
	return until > from ? pass->emit(pass->arg, pass->data + from, until - from, pass->err) : 0;
}

static int
outside(struct pass *pass)
{
	struct clip *clip = pass->clip;

	for (; pass->at < pass->len; pass->at++) {
		switch (pass->data[pass->at]) {
		case '"':
			clip->in_text = true;
			clip->len = 0;
			pass->at++;
			return 0;
		case '{':
		case '}':
		case '[':
		case ']':
		case ':':
		case ',':
		case ' ':
		case '\t':
		case '\r':
		case '\n':
			clip->len = 0;
			break;
		default:
			if (++clip->len > CLIP_WORD_MAX)
				return err_set(pass->err,
				               "byte %" PRIu64 ": a number or word is too long",
				               clip->offset + pass->at);
		}
	}
	return 0;
}

/* A cut before this byte is inside nothing.  Bytes that are no UTF-8 do not
 * put it off for ever. */
static bool
may_cut(const struct clip *clip, unsigned char c)
{
	return clip->len >= CLIP_TEXT_MAX && clip->escape == 0 && c != '"' &&
	       ((c & 0xC0) != 0x80 || clip->len >= CLIP_TEXT_MAX + 4);
}

static int
in_text(struct pass *pass)
{
	struct clip *clip = pass->clip;

	for (; pass->at < pass->len; pass->at++, clip->len++) {
		unsigned char c = (unsigned char)pass->data[pass->at];

		if (may_cut(clip, c)) {
			clip->dropping = true;
			clip->hash = FNV_OFFSET;
			return hand_on(pass, pass->at);
		}
		if (clip->escape > 0) {
			clip->escape = clip->escape == 5 && c != 'u' ? 0 : clip->escape - 1;
		} else if (c == '\\') {
			clip->escape = 5; /* "u" and four digits, or one letter */
		} else if (c == '"') {
			clip->in_text = false;
			clip->len = 0;
			pass->at++;
			return 0;
		}
	}
	return 0;
}

static int
dropping(struct pass *pass)
{
	struct clip *clip = pass->clip;
	char digits[17];

	for (; pass->at < pass->len; pass->at++) {
		unsigned char c = (unsigned char)pass->data[pass->at];

		if (clip->escape == 0 && c == '"') {
			clip->dropping = false;
			pass->from = pass->at;
			snprintf(digits, sizeof(digits), "%016" PRIx64, clip->hash);
			return pass->emit(pass->arg, digits, 16, pass->err);
		}
		clip->escape = clip->escape == 0 && c == '\\';
		clip->hash = (clip->hash ^ c) * FNV_PRIME;
	}
	pass->from = pass->at;
	return 0;
}

int
clip_feed(struct clip *clip, const char *data, size_t len, clip_emit_fn *emit, void *arg,
          struct err *err)
{
	struct pass pass = {
		.clip = clip, .data = data, .len = len, .emit = emit, .arg = arg, .err = err};
	int rc = 0;

	while (rc == 0 && pass.at < len) {
		if (clip->dropping)
			rc = dropping(&pass);
		else
			rc = clip->in_text ? in_text(&pass) : outside(&pass);
	}
	if (rc == 0 && !clip->dropping)
		rc = hand_on(&pass, len);
	clip->offset += len;
	return rc;
}
