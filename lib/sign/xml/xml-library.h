/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* libxml2, loaded when the first XML document is opened: with ICU behind it, it takes longer to load than a small signature to make, also for documents
 * that are no XML. Included instead of libxml2's headers; the functions keep their names, and only those that stand here can be called: nothing that
 * opens files by name, nothing that uses a network, no DTD, no XInclude. */

#include <libxml/c14n.h>
#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlerror.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#define XML_FUNCTIONS(f) \
        f(C14NExecute) f(CtxtReadIO) f(DictSize) f(FreeDoc) f(FreeParserCtxt) f(GetNsList) f(InitParser) f(NewParserCtxt) f(OutputBufferClose) \
        f(OutputBufferCreateIO) f(SAX2StartDocument) f(SAX2StartElementNs) f(SetGenericErrorFunc) f(SetStructuredErrorFunc) f(StopParser) f(XPathCompiledEval) f(XPathCtxtCompile) \
        f(XPathErr) f(XPathFreeCompExpr) f(XPathFreeContext) f(XPathFreeObject) f(XPathNewContext) f(XPathNewNodeSet) \
        f(XPathNodeSetContains) f(XPathRegisterFunc)

typedef struct XmlLibrary {
#define XML_MEMBER(name) __typeof__(&xml##name) name;
        XML_FUNCTIONS(XML_MEMBER)
#undef XML_MEMBER
        __typeof__(&valuePush) value_push;
        void (**release)(void *); /* the library's free() */
} XmlLibrary;

extern XmlLibrary xml_library;

/* Loads the library, once, and has it print nothing in this thread; call before any of its functions, in each thread. -ELIBACC when it, or one of the functions, is not there. */
int xml_library_load(void);

#ifndef XML_LIBRARY_IMPLEMENTATION
#define xmlC14NExecute xml_library.C14NExecute
#define xmlCtxtReadIO xml_library.CtxtReadIO
#define xmlDictSize xml_library.DictSize
#define xmlFreeDoc xml_library.FreeDoc
#define xmlFreeParserCtxt xml_library.FreeParserCtxt
#define xmlGetNsList xml_library.GetNsList
#define xmlNewParserCtxt xml_library.NewParserCtxt
#define xmlOutputBufferClose xml_library.OutputBufferClose
#define xmlOutputBufferCreateIO xml_library.OutputBufferCreateIO
#define xmlSAX2StartDocument xml_library.SAX2StartDocument
#define xmlSAX2StartElementNs xml_library.SAX2StartElementNs
#define xmlStopParser xml_library.StopParser
#define xmlXPathCompiledEval xml_library.XPathCompiledEval
#define xmlXPathCtxtCompile xml_library.XPathCtxtCompile
#define xmlXPathErr xml_library.XPathErr
#define xmlXPathFreeCompExpr xml_library.XPathFreeCompExpr
#define xmlXPathFreeContext xml_library.XPathFreeContext
#define xmlXPathFreeObject xml_library.XPathFreeObject
#define xmlXPathNewContext xml_library.XPathNewContext
#define xmlXPathNewNodeSet xml_library.XPathNewNodeSet
#define xmlXPathNodeSetContains xml_library.XPathNodeSetContains
#define xmlXPathRegisterFunc xml_library.XPathRegisterFunc
#define valuePush xml_library.value_push
#define xml_release(p) (*xml_library.release)(p)
#endif
