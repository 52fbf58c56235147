/*
 * What every store must do, whatever it keeps its things in: test_rooms.c
 * runs against each kind in the table here.
 */
#ifndef TESTS_PERSISTENCE_STORE_CONTRACT_H
#define TESTS_PERSISTENCE_STORE_CONTRACT_H

#include "domain/room_store.h"
#include "tests/suite.h"

/* How to make empty stores of a kind. */
struct store_kind {
	const char *name;
	struct room_store *(*rooms)(void);
};

#define STORE_KINDS 1
extern const struct store_kind store_kinds[STORE_KINDS];

/* In the test, store_kinds[_i] is the kind to be tested. */
#define ADD_FOR_EACH_KIND(tests, test) \
	tcase_add_loop_test(tests, test, 0, STORE_KINDS)

#endif
