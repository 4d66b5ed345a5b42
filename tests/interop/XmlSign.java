// SPDX-License-Identifier: LGPL-2.1-or-later
// Signs XML documents by the JDK's javax.xml.crypto.dsig, for tests. Seven words each: a PKCS#12 file, its password, the signature method's short name, exclusive, inclusive
// or inclusive11, enveloped or enveloping, the document and the file to write.

import java.io.File;
import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import javax.xml.crypto.dom.DOMStructure;
import javax.xml.crypto.dsig.CanonicalizationMethod;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.SignedInfo;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLObject;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.keyinfo.KeyInfo;
import javax.xml.crypto.dsig.keyinfo.KeyInfoFactory;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import javax.xml.parsers.DocumentBuilder;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;
import org.w3c.dom.Node;

public class XmlSign {
    static final XMLSignatureFactory FACTORY = XMLSignatureFactory.getInstance("DOM");
    static final Map<String, String> METHODS = Map.of(
        "rsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        "sha256-rsa-MGF1", "http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1",
        "ecdsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        "ecdsa-sha384", "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
        "eddsa-ed25519", "http://www.w3.org/2021/04/xmldsig-more#eddsa-ed25519");
    static final Map<String, String> CANONICAL = Map.of(
        "exclusive", CanonicalizationMethod.EXCLUSIVE, "inclusive", CanonicalizationMethod.INCLUSIVE, "inclusive11", "http://www.w3.org/2006/12/xml-c14n11");

    static SignedInfo info(String method, String canonical, boolean enveloped) throws Exception {
        List<Transform> transforms = new ArrayList<>();
        if (enveloped)
            transforms.add(FACTORY.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null));
        transforms.add(FACTORY.newTransform(CANONICAL.get(canonical), (TransformParameterSpec) null));
        Reference reference = FACTORY.newReference(enveloped ? "" : "#object", FACTORY.newDigestMethod("http://www.w3.org/2001/04/xmlenc#sha256", null), transforms, null, null);
        return FACTORY.newSignedInfo(FACTORY.newCanonicalizationMethod(CANONICAL.get(canonical), (C14NMethodParameterSpec) null),
                                     FACTORY.newSignatureMethod(METHODS.get(method), null), List.of(reference));
    }

    static void sign(String[] a, int i) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new FileInputStream(a[i]), a[i + 1].toCharArray());
        String alias = store.aliases().nextElement();
        DocumentBuilderFactory builders = DocumentBuilderFactory.newInstance();
        builders.setNamespaceAware(true);
        DocumentBuilder builder = builders.newDocumentBuilder();
        Document document = builder.parse(new File(a[i + 5])), target = document;
        boolean enveloped = a[i + 4].equals("enveloped");
        List<XMLObject> objects = Collections.emptyList();
        if (!enveloped) {
            target = builder.newDocument();
            Node content = target.importNode(document.getDocumentElement(), true);
            objects = List.of(FACTORY.newXMLObject(List.of(new DOMStructure(content)), "object", null, null));
        }
        KeyInfoFactory infos = FACTORY.getKeyInfoFactory();
        KeyInfo key = infos.newKeyInfo(List.of(infos.newX509Data(List.of(store.getCertificate(alias)))));
        DOMSignContext context = new DOMSignContext((PrivateKey) store.getKey(alias, a[i + 1].toCharArray()), enveloped ? target.getDocumentElement() : target);
        FACTORY.newXMLSignature(info(a[i + 2], a[i + 3], enveloped), key, objects, null, null).sign(context);
        TransformerFactory.newInstance().newTransformer().transform(new DOMSource(target), new StreamResult(new File(a[i + 6])));
    }

    public static void main(String[] arguments) throws Exception {
        for (int i = 0; i + 6 < arguments.length; i += 7)
            sign(arguments, i);
    }
}
