/*
 * template_files.h - the shipped templates as they are in the binary; made
 * from templates/ while building (contrib/cmake/EmbedTemplates.cmake).
 */
#ifndef RELAY_MESSAGE_TEMPLATE_FILES_H
#define RELAY_MESSAGE_TEMPLATE_FILES_H

#include <stddef.h>

struct template_file {
	const char *name; /* "notification.html", "image.revocation/todo.mustache" */
	const char *text; /* NUL behind len */
	size_t len;
};
extern const struct template_file template_files[]; /* sorted by name, ended by a NULL name */

#endif
