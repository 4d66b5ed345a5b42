/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Starting threads; see thread.h. */

#include <signal.h>

#include "base/cleanup.h"
#include "base/thread.h"

int thread_start(const char *name, void *(*run)(void *userdata), void *userdata, pthread_t *ret) {
        static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS };
        sigset_t all, before;
        pthread_t thread;
        int r;

        sigfillset(&all);
        for (size_t i = 0; i < ELEMENTSOF(faults); i++)
                sigdelset(&all, faults[i]);
        /* The new thread inherits the mask; set by itself it would come too late. */
        pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&thread, NULL, run, userdata);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        if (r != 0)
                return -r;
        pthread_setname_np(thread, name);
        *ret = thread;
        return 0;
}
