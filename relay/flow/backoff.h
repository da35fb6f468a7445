/*
 * backoff.h - how long what failed is left alone.  Pure.
 */
#ifndef RELAY_FLOW_BACKOFF_H
#define RELAY_FLOW_BACKOFF_H

#include <stdint.h>

/* 5 s, doubled for each failure before this one, up to `most`, +-20 %. */
int64_t backoff_ms(int failures, int64_t most_ms, uint32_t random);

#endif
