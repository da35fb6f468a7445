#include <stdlib.h>
#include <string.h>

#include "relay/base/mem.h"
#include "relay/base/text.h"
#include "relay/config/lookup.h"
#include "relay/message/filter_internal.h"
#include "relay/message/template_internal.h"

#define ELLIPSIS "\xe2\x80\xa6"
#define TRUNC_MAX 100000
/* Times of two zones by turns have libc read its files anew for each. */
#define ZONE_STEPS 50

json_t *
filter_text_take(struct buf *text)
{
	json_t *made = json_stringn_nocheck(buf_text(text), text->len);

	buf_fini(text);
	return made;
}

/* Filters on text take what is one, or a number, true or false. */
static int
add_text(const struct filter_call *call, const json_t *value, struct buf *out, struct err *err)
{
	if (json_is_array(value) || json_is_object(value))
		return err_set(err, "the filter \"%s\" cannot take a list or an object",
		               call->kind->name);
	value_add_text(out, value);
	return 0;
}

static int
check_trunc(struct filter_call *call, struct err *err)
{
	char *end;
	unsigned long number = strtoul(call->args[0], &end, 10);

	if (*end != '\0' || call->args[0][0] < '0' || call->args[0][0] > '9' || number == 0 ||
	    number > TRUNC_MAX)
		return err_set(err, "the filter \"trunc\" takes a number from 1 to %d", TRUNC_MAX);
	call->number = number;
	return 0;
}

static json_t *
apply_trunc(const struct filter_call *call, const json_t *value, const struct template_env *env,
            struct err *err)
{
	struct buf text = {0};

	(void)env;
	if (add_text(call, value, &text, err) != 0)
		return NULL;
	const char *whole = buf_text(&text);
	if (whole[utf8_prefix(whole, call->number)] != '\0') {
		text.len = utf8_prefix(whole, call->number - 1);
		text.data[text.len] = '\0';
		buf_puts(&text, ELLIPSIS);
	}
	return filter_text_take(&text);
}

static json_t *
apply_default(const struct filter_call *call, const json_t *value, const struct template_env *env,
              struct err *err)
{
	json_t *made;

	(void)env;
	if (!json_is_null(value) && !json_is_false(value) &&
	    !(json_is_string(value) && json_string_length(value) == 0))
		return json_incref((json_t *)value);
	made = json_string(call->args[0]);
	if (made == NULL)
		err_set(err, "the text of the filter \"default\" is not UTF-8");
	return made;
}

static json_t *
apply_join(const struct filter_call *call, const json_t *value, const struct template_env *env,
           struct err *err)
{
	const char *between = call->count > 0 ? call->args[0] : ", ";
	struct buf text = {0};
	bool is_first = true;
	json_t *member;
	size_t i;

	(void)env;
	if (!json_is_array(value)) {
		err_set(err, "the filter \"join\" takes a list");
		return NULL;
	}
	json_array_foreach((json_t *)value, i, member)
	{
		if (json_is_null(member))
			continue;
		if (!is_first)
			buf_puts(&text, between);
		is_first = false;
		value_add_text(&text, member);
	}
	return filter_text_take(&text);
}

static json_t *
apply_plural(const struct filter_call *call, const json_t *value, const struct template_env *env,
             struct err *err)
{
	(void)env;
	if (!json_is_number(value)) {
		err_set(err, "the filter \"plural\" takes a number");
		return NULL;
	}
	return json_string(call->args[json_number_value(value) == 1 ? 0 : 1]);
}

/* ASCII alone: other letters change with the language. */
static json_t *
change_case(const struct filter_call *call, const json_t *value, char from, char to,
            struct err *err)
{
	struct buf text = {0};

	if (add_text(call, value, &text, err) != 0)
		return NULL;
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] >= from && text.data[i] <= from + ('z' - 'a'))
			text.data[i] = (char)(text.data[i] - from + to);
	return filter_text_take(&text);
}

static json_t *
apply_upper(const struct filter_call *call, const json_t *value, const struct template_env *env,
            struct err *err)
{
	(void)env;
	return change_case(call, value, 'a', 'A', err);
}

static json_t *
apply_lower(const struct filter_call *call, const json_t *value, const struct template_env *env,
            struct err *err)
{
	(void)env;
	return change_case(call, value, 'A', 'a', err);
}

static json_t *
apply_json(const struct filter_call *call, const json_t *value, const struct template_env *env,
           struct err *err)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	json_t *made = text != NULL ? json_string(text) : NULL;

	(void)call;
	(void)env;
	if (made == NULL)
		err_set(err, "the value cannot be written as JSON");
	free(text);
	return made;
}

/* The value itself: the output decides how a link is written (filter_link.c). */
static json_t *
apply_link(const struct filter_call *call, const json_t *value, const struct template_env *env,
           struct err *err)
{
	(void)call;
	(void)env;
	(void)err;
	return json_incref((json_t *)value);
}

static const struct filter_kind kinds[] = {
	{"date", 0, 2, filter_date_check, filter_date},
	{"when", 0, 1, filter_when_check, filter_when},
	{"ago", 0, 0, NULL, filter_ago},
	{"duration", 0, 0, NULL, filter_duration},
	{"trunc", 1, 1, check_trunc, apply_trunc},
	{"default", 1, 1, NULL, apply_default},
	{"join", 0, 1, NULL, apply_join},
	{"plural", 2, 2, NULL, apply_plural},
	{"upper", 0, 0, NULL, apply_upper},
	{"lower", 0, 0, NULL, apply_lower},
	{"link", 0, 1, NULL, apply_link},
	{"json", 0, 0, NULL, apply_json},
};

const char *const filter_names[] = {"date",    "when", "ago",    "duration", "trunc",
                                    "default", "join", "plural", "upper",    "lower",
                                    "link",    "json", NULL};

static const struct filter_kind *
find_kind(const char *name)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static int
tell_unknown(const char *name, struct err *err)
{
	const char *nearest = lookup_nearest(name, filter_names, COUNT(filter_names) - 1);
	char *quoted = faults_quote(name);

	if (nearest != NULL)
		err_set(err, "unknown filter %s: did you mean \"%s\"?", quoted, nearest);
	else
		err_set(err, "unknown filter %s", quoted);
	free(quoted);
	return -1;
}

static int
check_count(const struct filter_kind *kind, size_t count, struct err *err)
{
	if (count >= kind->min && count <= kind->max)
		return 0;
	if (kind->max == 0)
		return err_set(err, "the filter \"%s\" takes no argument", kind->name);
	if (kind->min == kind->max)
		return err_set(err, "the filter \"%s\" takes %zu argument%s, not %zu", kind->name,
		               kind->max, kind->max == 1 ? "" : "s", count);
	return err_set(err, "the filter \"%s\" takes at most %zu argument%s, not %zu", kind->name,
	               kind->max, kind->max == 1 ? "" : "s", count);
}

struct filter_call *
filter_call_new(const char *name, const char *const *args, size_t count, struct err *err)
{
	const struct filter_kind *kind = find_kind(name);
	struct filter_call *call;

	if (kind == NULL) {
		tell_unknown(name, err);
		return NULL;
	}
	if (check_count(kind, count, err) != 0)
		return NULL;
	call = mem_alloc(sizeof(*call));
	call->kind = kind;
	for (call->count = 0; call->count < count; call->count++)
		call->args[call->count] = mem_str(args[call->count]);
	if (kind->check != NULL && kind->check(call, err) != 0) {
		filter_call_free(call);
		return NULL;
	}
	return call;
}

void
filter_call_free(struct filter_call *call)
{
	if (call == NULL)
		return;
	for (size_t i = 0; i < call->count; i++)
		free(call->args[i]);
	free(call);
}

bool
filter_call_is_last(const struct filter_call *call)
{
	return call->kind->apply == apply_link;
}

size_t
filter_steps(const struct filter_call *call)
{
	bool zoned = (call->kind->apply == filter_date && call->count > 1) ||
	             (call->kind->apply == filter_when && call->count > 0);

	return zoned ? ZONE_STEPS : 1;
}

json_t *
filter_apply(const struct filter_call *call, const json_t *value, const struct template_env *env,
             struct err *err)
{
	if (json_is_null(value) && call->kind->apply != apply_default)
		return json_null();
	return call->kind->apply(call, value, env, err);
}
