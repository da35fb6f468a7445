/*
 * scan.h - finding one's way in the text of JSON where no tree can be made of it.
 *
 * Scanners and no parsers: of a text that is JSON they are right about where a value
 * ends, and of any other they end at its end.
 */
#ifndef RELAY_SOURCE_SCAN_H
#define RELAY_SOURCE_SCAN_H

/* Each tells what is behind it, at most `end`. */
const char *scan_space(const char *at, const char *end);
const char *scan_string(const char *at, const char *end); /* at: the opening quote */
const char *scan_value(const char *at, const char *end);  /* at: its first byte */

#endif
