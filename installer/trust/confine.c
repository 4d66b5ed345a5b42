/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The checker's system calls; see confine.h. */

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "base/cleanup.h"
#include "installer/trust/confine.h"

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#else
#error "Name this machine's architecture: without it the checker would run unconfined."
#endif

static const int allowed[] = {
        SYS_read, SYS_write, SYS_close, SYS_exit, SYS_exit_group, SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_futex, SYS_getrandom,
        SYS_clock_gettime, SYS_gettimeofday, SYS_rt_sigreturn, SYS_rt_sigprocmask, SYS_sigaltstack, SYS_getpid, SYS_gettid,
};

/* Memory may be had, but no code made. */
static const int without_execution[] = { SYS_mmap, SYS_mprotect };

/* Libraries look for files on their way (time zones, configuration) and do well without them. */
static const int refused[] = { SYS_openat, SYS_newfstatat, SYS_fstat };

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, (value))

static int no_more_files(void) {
        const struct rlimit none = { 0, 0 };

        return setrlimit(RLIMIT_NOFILE, &none) < 0 ? -errno : 0;
}

int confine(void) {
        struct sock_filter filter[5 + 2 * (ELEMENTSOF(allowed) + ELEMENTSOF(refused)) + 5 * ELEMENTSOF(without_execution)];
        struct sock_fprog program = { .filter = filter };
        unsigned short n = 0;
        int r;

        filter[n++] = (struct sock_filter) LOAD(arch);
        filter[n++] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
        filter[n++] = (struct sock_filter) RETURN(SECCOMP_RET_KILL_PROCESS);
        filter[n++] = (struct sock_filter) LOAD(nr);
        for (size_t i = 0; i < ELEMENTSOF(allowed); i++) {
                filter[n++] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned) allowed[i], 0, 1);
                filter[n++] = (struct sock_filter) RETURN(SECCOMP_RET_ALLOW);
        }
        for (size_t i = 0; i < ELEMENTSOF(refused); i++) {
                filter[n++] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned) refused[i], 0, 1);
                filter[n++] = (struct sock_filter) RETURN(SECCOMP_RET_ERRNO | EACCES);
        }
        for (size_t i = 0; i < ELEMENTSOF(without_execution); i++) {
                filter[n++] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned) without_execution[i], 0, 4);
                /* args[2] is the protection; its low half comes first on all of the architectures above. */
                filter[n++] = (struct sock_filter) LOAD(args[2]);
                filter[n++] = (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1);
                filter[n++] = (struct sock_filter) RETURN(SECCOMP_RET_KILL_PROCESS);
                filter[n++] = (struct sock_filter) RETURN(SECCOMP_RET_ALLOW);
        }
        filter[n++] = (struct sock_filter) RETURN(SECCOMP_RET_KILL_PROCESS);
        program.len = n;

        r = no_more_files();
        if (r < 0)
                return r;
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) < 0)
                return -errno;
        return 0;
}
