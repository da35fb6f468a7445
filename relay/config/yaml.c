#include "relay/config/yaml.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/log.h"
#include "relay/base/mem.h"
#include "relay/config/bytes.h"

/* Of longer runs in a text in single quotes libfyaml 0.7.12 makes another text,
 * and leaks. */
#define QUOTES_MAX 3

struct reader {
	struct fy_parser *parser;
	const char *source;
	struct faults *faults;
	bool ended;   /* no more events */
	bool gave_up; /* the tree is not whole; a fault says why */
};

/* Where an event is; libfyaml gives empty scalars no place, they get `at`. */
static struct node
node_at(enum node_type type, struct fy_event *event, const struct node *at)
{
	const struct fy_mark *mark = fy_event_start_mark(event);

	if (mark == NULL)
		return (struct node){.type = type, .line = at->line, .column = at->column};
	return (struct node){.type = type, .line = mark->line + 1, .column = mark->column + 1};
}

static struct node *
node_add(struct node *parent, size_t *cap)
{
	if (parent->count == *cap) {
		*cap = *cap > 0 ? 2 * *cap : 4;
		parent->items = mem_grow(parent->items, *cap, sizeof(*parent->items));
	}
	parent->items[parent->count] = (struct node){.type = NODE_BAD};
	return &parent->items[parent->count++];
}

/* `before` bytes stand between the sign and the token's mark. */
static void
refuse(struct reader *r, struct fy_token *token, int before, const char *words)
{
	const struct fy_mark *mark = token != NULL ? fy_token_start_mark(token) : NULL;

	if (mark != NULL)
		faults_add(r->faults, mark->line + 1, mark->column + 1 - before, "%s", words);
}

static void
refuse_properties(struct reader *r, struct fy_token *anchor, struct fy_token *tag)
{
	refuse(r, anchor, 1, "anchors (&name) are not allowed: write the value where it is needed");
	refuse(r, tag, 0, "tags (!name) are not allowed");
}

/* Does the source of a scalar have a run of more than QUOTES_MAX single quotes? */
static bool
has_quote_run(const struct reader *r, struct fy_event *event)
{
	const struct fy_mark *start = fy_event_start_mark(event), *end = fy_event_end_mark(event);
	size_t run = 0;

	for (size_t i = start->input_pos; i < end->input_pos && run <= QUOTES_MAX; i++)
		run = r->source[i] == '\'' ? run + 1 : 0;
	return run > QUOTES_MAX;
}

static bool
means_nothing(const char *text, size_t len)
{
	static const char *const words[] = {"", "~", "null", "Null", "NULL"};

	for (size_t i = 0; i < COUNT(words); i++)
		if (strlen(words[i]) == len && memcmp(words[i], text, len) == 0)
			return true;
	return false;
}

static void
read_scalar(struct reader *r, struct fy_event *event, struct node *node)
{
	struct fy_token *value = event->scalar.value;
	enum fy_scalar_style style = value != NULL ? fy_token_scalar_style(value) : FYSS_PLAIN;
	const char *text = "";
	size_t len = 0;

	node->plain = style == FYSS_PLAIN;
	/* Its mark is the first byte within the quotes. */
	node->column -= style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED;
	refuse_properties(r, event->scalar.anchor, event->scalar.tag);
	if (style == FYSS_SINGLE_QUOTED && has_quote_run(r, event)) {
		faults_add(r->faults, node->line, node->column,
		           "more than %d single quotes in a row: use double quotes", QUOTES_MAX);
		node->type = NODE_BAD;
		return;
	}
	if (value != NULL)
		text = fy_token_get_text(value, &len);
	if (text == NULL || memchr(text, '\0', len) != NULL) {
		faults_add(r->faults, node->line, node->column, "this text holds a NUL byte");
		node->type = NODE_BAD;
	} else if (node->plain && means_nothing(text, len)) {
		node->type = NODE_EMPTY;
	} else {
		node->text = mem_strn(text, len);
	}
}

static struct fy_event *
next_event(struct reader *r)
{
	struct fy_event *event = r->ended || r->gave_up ? NULL : fy_parser_parse(r->parser);

	if (event == NULL)
		r->ended = true;
	return event;
}

static void read_node(struct reader *, struct fy_event *, struct node *, const struct node *at,
                      int depth);

static void
read_items(struct reader *r, struct node *parent, enum fy_event_type end, int depth)
{
	struct fy_event *event;
	struct node at = *parent;
	size_t cap = 0;

	while ((event = next_event(r)) != NULL) {
		struct node *item;

		if (event->type == end) {
			fy_parser_event_free(r->parser, event);
			return;
		}
		item = node_add(parent, &cap);
		read_node(r, event, item, &at, depth);
		at.line = item->line;
		at.column = item->column;
	}
}

/* Takes the event; recursion ends at YAML_DEPTH_MAX. */
static void
read_node(struct reader *r, struct fy_event *event, struct node *node, const struct node *at,
          int depth)
{
	enum fy_event_type end = FYET_NONE;

	switch (event->type) {
	case FYET_SCALAR:
		*node = node_at(NODE_TEXT, event, at);
		read_scalar(r, event, node);
		break;
	case FYET_SEQUENCE_START:
		*node = node_at(NODE_LIST, event, at);
		refuse_properties(r, event->sequence_start.anchor, event->sequence_start.tag);
		end = FYET_SEQUENCE_END;
		break;
	case FYET_MAPPING_START:
		*node = node_at(NODE_MAP, event, at);
		refuse_properties(r, event->mapping_start.anchor, event->mapping_start.tag);
		end = FYET_MAPPING_END;
		break;
	default:
		*node = node_at(NODE_BAD, event, at);
		node->column--; /* its mark is behind the "*" */
		faults_add(r->faults, node->line, node->column,
		           "aliases (*name) are not allowed: write the value out");
	}
	fy_parser_event_free(r->parser, event);
	if (end == FYET_NONE)
		return;
	if (depth == YAML_DEPTH_MAX) {
		faults_add(r->faults, node->line, node->column, "nested deeper than %d levels",
		           YAML_DEPTH_MAX);
		r->gave_up = true;
		return;
	}
	read_items(r, node, end, depth + 1);
}

static struct node *
read_documents(struct reader *r)
{
	struct node *root = NULL;
	struct fy_event *event;

	while ((event = next_event(r)) != NULL) {
		const struct node here =
			node_at(NODE_BAD, event, &(struct node){.line = 1, .column = 1});

		switch (event->type) {
		case FYET_STREAM_START:
		case FYET_STREAM_END:
		case FYET_DOCUMENT_START:
		case FYET_DOCUMENT_END:
			fy_parser_event_free(r->parser, event);
			continue;
		default:
			break;
		}
		if (root != NULL) {
			fy_parser_event_free(r->parser, event);
			faults_add(r->faults, here.line, here.column,
			           "a second document begins here: a config is one document");
			break;
		}
		root = mem_alloc(sizeof(*root));
		read_node(r, event, root, &here, 0);
	}
	return root;
}

struct complaint {
	struct faults *faults;
	bool told;
};

/* libfyaml tells a fault as "<memory...>:LINE:COL: error: TEXT\n", and then the
 * source line in further calls: only the first is taken. */
static void
on_complaint(struct fy_diag *diag, void *user, const char *text, size_t len)
{
	struct complaint *c = user;
	char *copy, *place, *words, *safe;
	int line = 1, column = 1;

	(void)diag;
	if (c->told)
		return;
	copy = mem_strn(text, len);
	words = strstr(copy, ": error: ");
	place = strstr(copy, ">:");
	if (words != NULL && place != NULL && sscanf(place, ">:%d:%d:", &line, &column) == 2) {
		words += strlen(": error: ");
		words[strcspn(words, "\n")] = '\0';
		safe = log_escape(words);
		faults_add(c->faults, line, column, "not YAML: %s", safe);
		free(safe);
		c->told = true;
	}
	free(copy);
}

static struct fy_diag *
diag_new(struct complaint *complaint)
{
	struct fy_diag_cfg cfg;

	fy_diag_cfg_default(&cfg);
	cfg.fp = NULL;
	cfg.output_fn = on_complaint;
	cfg.user = complaint;
	cfg.colorize = false;
	return fy_diag_create(&cfg);
}

static struct node *
parse(const char *text, size_t len, struct faults *faults)
{
	struct complaint complaint = {.faults = faults};
	struct fy_parse_cfg cfg = {.flags = FYPCF_JSON_NONE | FYPCF_DEFAULT_VERSION_1_2};
	struct reader r = {.source = text, .faults = faults};
	struct node *root = NULL;

	cfg.diag = diag_new(&complaint);
	r.parser = fy_parser_create(&cfg);
	if (r.parser == NULL || fy_parser_set_string(r.parser, text, len) != 0) {
		faults_add(faults, 1, 1, "the YAML parser cannot start");
		goto out;
	}
	root = read_documents(&r);
	if (fy_parser_get_stream_error(r.parser)) {
		if (!complaint.told)
			faults_add(faults, 1, 1, "not YAML");
		r.gave_up = true;
	}
	/* Half a tree would only give misleading faults. */
	if (r.gave_up) {
		yaml_free(root);
		root = NULL;
	}
out:
	fy_parser_destroy(r.parser);
	fy_diag_destroy(cfg.diag);
	return root;
}

struct node *
yaml_read(const char *text, size_t len, struct faults *faults)
{
	struct node *root;

	if (!bytes_are_text(text, len, faults))
		return NULL;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
		text += 3;
		len -= 3;
	}
	root = parse(text, len, faults);
	if (root == NULL && faults->errors == 0)
		faults_add(faults, 1, 1, "the file is empty");
	return root;
}

static void
node_fini(struct node *node)
{
	for (size_t i = 0; i < node->count; i++)
		node_fini(&node->items[i]);
	free(node->items);
	if (node->text != NULL)
		mem_wipe_free(node->text, strlen(node->text));
}

void
yaml_free(struct node *root)
{
	if (root != NULL)
		node_fini(root);
	free(root);
}

const struct node *
yaml_get(const struct node *map, const char *key)
{
	if (map == NULL || map->type != NODE_MAP)
		return NULL;
	for (size_t i = 0; i + 1 < map->count; i += 2)
		if (map->items[i].type == NODE_TEXT && strcmp(map->items[i].text, key) == 0)
			return &map->items[i + 1];
	return NULL;
}

const struct node *
yaml_item(const struct node *list, size_t i)
{
	if (list == NULL || list->type != NODE_LIST || i >= list->count)
		return NULL;
	return &list->items[i];
}

const char *
yaml_type_name(const struct node *node)
{
	static const char *const names[] = {
		[NODE_TEXT] = "a text", [NODE_EMPTY] = "nothing", [NODE_LIST] = "a list",
		[NODE_MAP] = "a map",   [NODE_BAD] = "an alias",
	};

	return names[node->type];
}
