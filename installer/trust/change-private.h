/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What the steps of a change share: change.c has the queue, change-put.c what comes, change-take.c what leaves. Of q->first, the change under way,
 * each step begins the next or ends it; who has ended it must not look at it again. */

#include "installer/trust/change.h"
#include "installer/trust/child.h"

typedef enum ChangeKind {
        CHANGE_REPAIR,
        CHANGE_INSTALL,
        CHANGE_REMOVE,
} ChangeKind;

typedef struct Change {
        struct Change *next;
        ChangeKind kind;
        RecordList records; /* install: what was asked for */
        StoreResult (*results)[STORE_MAX];
        unsigned wanted;
        unsigned skipped;   /* bits: stores of single programs that failed, so that all is done again without them */
        bool again;
        char fingerprint[FINGERPRINT_TEXT_SIZE]; /* remove */
        bool made;          /* install and remove: its own part was done, what follows is the clearing up */
        int outcome;        /* told when the clearing up is over */
        const Store *at;
        RecordList list;    /* records as they are on disk, while stores are changed: those that come, or that leave */
        ChangeDone done;
        void *userdata;
} Change;

struct ChangeQueue {
        sd_event *event;
        const Stores *stores;
        Change *first;      /* under way */
        size_t n;
        StoreId store;      /* that is being changed */
        CommandList commands;
        size_t command;     /* that runs */
        bool succeeded;     /* all of them did so far */
        bool aborted;       /* one was ended from outside, so that anything may be left of its work */
        Child *child;
        sd_event_source *start, *retry;
        int lock;           /* inherited by the commands and all they start: while any of them runs, a service after us waits */
        unsigned tries;
        void (*after)(ChangeQueue *q, int result);
};

/* --- change.c --- */

/* Tells the outcome of the change under way; the next begins. */
void change_finish(ChangeQueue *q, int result);

/* Nothing half done is left: the change's own part, or its end. */
void change_go_on(ChangeQueue *q);

/* All records, those of committed groups as such; damaged ones are logged. */
int change_read_records(ChangeQueue *q, RecordList *ret);

/* The commands of q->store; `after` is called when all have run, or one could not be started. */
void change_run_commands(ChangeQueue *q, bool leaving, bool torn, void (*after)(ChangeQueue *q, int result));

/* What is left to do when the commands have run. */
int change_settle(ChangeQueue *q, bool leaving);

/* Whether something is pending in that store. */
bool change_concerns(const RecordList *l, StoreId id);

/* --- change-put.c --- */

void change_put(ChangeQueue *q); /* an installation's own part */

/* --- change-take.c --- */

/* Starts to take out what is pending. 1 when it is under way, or even over; 0 when there is nothing; -errno. */
int change_take_out(ChangeQueue *q);

void change_drop(ChangeQueue *q); /* a removal's own part */
