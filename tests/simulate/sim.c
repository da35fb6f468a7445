/*
 * simulate - see sim.h; contrib/simulate builds and runs it.
 */
#include "tests/simulate/sim.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/base/log.h"
#include "relay/base/mem.h"

/* splitmix64: the same organization from the same seed everywhere. */
double
sim_chance(struct sim *sim)
{
	uint64_t z = sim->random += 0x9e3779b97f4a7c15U;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

bool
sim_one_in(struct sim *sim, double chance)
{
	return sim_chance(sim) < chance;
}

int64_t
sim_between(struct sim *sim, int64_t from, int64_t to)
{
	return from + (int64_t)(sim_chance(sim) * (double)(to - from));
}

int64_t
sim_around(struct sim *sim, int64_t mean)
{
	return (int64_t)(-log(1 - sim_chance(sim)) * (double)mean) + SECOND_MS;
}

void
sim_die(const char *what, const struct err *err)
{
	fprintf(stderr, "simulate: %s: %s\n", what, err->text);
	exit(2);
}

static const struct option known[] = {
	{"days", required_argument, NULL, 'd'},
	{"workspaces", required_argument, NULL, 'w'},
	{"buckets", required_argument, NULL, 'b'},
	{"teams", required_argument, NULL, 't'},
	{"seed", required_argument, NULL, 's'},
	{"lost", required_argument, NULL, 'l'},
	{"late", required_argument, NULL, 'r'},
	{"twice", required_argument, NULL, 'D'},
	{"tasked", required_argument, NULL, 'T'},
	{"no-outages", no_argument, NULL, 'o'},
	{NULL, 0, NULL, 0},
};

static const char usage[] =
	"usage: simulate [--days 90] [--workspaces 5000] [--buckets 200] [--teams 40] [--seed N]\n"
	"                [--tasked 60] [--lost 1] [--late 5] [--twice 1] [--no-outages]\n"
	"tasked is percents of the workspaces: those with a run task, whose plans are read;\n"
	"lost, late and twice are percents of the webhooks\n";

static void
take_option(struct options *options, int letter, const char *value)
{
	switch (letter) {
	case 'd':
		options->days = atoi(value);
		break;
	case 'w':
		options->workspaces = atoi(value);
		break;
	case 'b':
		options->buckets = atoi(value);
		break;
	case 't':
		options->teams = atoi(value);
		break;
	case 's':
		options->seed = (unsigned)strtoul(value, NULL, 10);
		break;
	case 'T':
		options->tasked = atof(value) / 100;
		break;
	case 'l':
		options->lost = atof(value) / 100;
		break;
	case 'r':
		options->late = atof(value) / 100;
		break;
	case 'D':
		options->twice = atof(value) / 100;
		break;
	case 'o':
		options->outages = false;
		break;
	default:
		fputs(usage, stderr);
		exit(2);
	}
}

static bool
is_possible(const struct options *options)
{
	return options->days > 0 && options->teams > 0 && options->buckets > options->teams &&
	       options->workspaces >= options->buckets;
}

int
main(int argc, char **argv)
{
	struct sim sim = {.options = {.days = 90,
	                              .workspaces = 5000,
	                              .buckets = 200,
	                              .teams = 40,
	                              .seed = 1,
	                              .tasked = 0.6,
	                              .lost = 0.01,
	                              .late = 0.05,
	                              .twice = 0.01,
	                              .outages = true},
	                  .line = {.path = "simulate", .text = (char *)""}};
	bool well;
	int letter;

	while ((letter = getopt_long(argc, argv, "", known, NULL)) != -1)
		take_option(&sim.options, letter, optarg);
	if (optind < argc || !is_possible(&sim.options)) {
		fputs(usage, stderr);
		return 2;
	}
	log_level_set(LOG_ERROR);
	sim.random = sim.options.seed;
	world_make(&sim);
	relay_start(&sim);
	witness_start(&sim);
	world_live(&sim);
	well = witness_tells(&sim);
	witness_free(&sim);
	relay_stop(&sim);
	world_free(&sim);
	return well ? 0 : 1;
}
