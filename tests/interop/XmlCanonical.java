// SPDX-License-Identifier: LGPL-2.1-or-later
// Signs XML documents within, in each canonical form and by each method, for tests: by the JDK's javax.xml.crypto.dsig. Each line of standard input is a job:
// KEYSTORE SIGNATURE-METHOD CANONICALIZATION TRANSFORM IN OUT, where the keystore is PKCS#12 without a password. Prints a line for each: OK, or what is wrong.

import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.util.List;
import javax.xml.crypto.dsig.CanonicalizationMethod;
import javax.xml.crypto.dsig.DigestMethod;
import javax.xml.crypto.dsig.Reference;
import javax.xml.crypto.dsig.SignatureMethod;
import javax.xml.crypto.dsig.SignedInfo;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.keyinfo.KeyInfo;
import javax.xml.crypto.dsig.keyinfo.KeyInfoFactory;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.SignatureMethodParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;

public class XmlCanonical {
    static void sign(String[] job) throws Exception {
        XMLSignatureFactory f = XMLSignatureFactory.getInstance("DOM");
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(new FileInputStream(job[0]), new char[0]);
        String alias = store.aliases().nextElement();
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setNamespaceAware(true);
        Document document = factory.newDocumentBuilder().parse(new File(job[4]));
        Reference reference = f.newReference("", f.newDigestMethod(DigestMethod.SHA512, null),
                List.of(f.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null), f.newTransform(job[3], (TransformParameterSpec) null)), null, null);
        SignedInfo info = f.newSignedInfo(f.newCanonicalizationMethod(job[2], (C14NMethodParameterSpec) null),
                f.newSignatureMethod(job[1], (SignatureMethodParameterSpec) null), List.of(reference));
        KeyInfoFactory k = f.getKeyInfoFactory();
        KeyInfo keys = k.newKeyInfo(List.of(k.newX509Data(List.of(store.getCertificate(alias)))));
        f.newXMLSignature(info, keys).sign(new DOMSignContext((PrivateKey) store.getKey(alias, new char[0]), document.getDocumentElement()));
        TransformerFactory.newInstance().newTransformer().transform(new DOMSource(document), new StreamResult(new File(job[5])));
    }

    public static void main(String[] arguments) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (String line = in.readLine(); line != null; line = in.readLine())
            try {
                sign(line.split(" "));
                System.out.println("OK");
            } catch (Exception e) {
                System.out.println(String.valueOf(e).split("\n")[0]);
            }
    }
}
