// SPDX-License-Identifier: LGPL-2.1-or-later
// Verifies the XML signatures of files, for tests: by the JDK's javax.xml.crypto.dsig, or by Apache Santuario. Prints a line for each file: OK, or what is wrong.
//
//   java -cp xmlsec.jar… XmlVerify.java jdk|santuario FILE…

import java.io.ByteArrayInputStream;
import java.io.File;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.parsers.DocumentBuilderFactory;
import org.apache.xml.security.signature.XMLSignature;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

public class XmlVerify {
    static final String DSIG = "http://www.w3.org/2000/09/xmldsig#";

    static X509Certificate certificate(Element signature) throws Exception {
        String text = signature.getElementsByTagNameNS(DSIG, "X509Certificate").item(0).getTextContent();
        byte[] der = Base64.getMimeDecoder().decode(text);
        return (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    static boolean jdk(Element signature, File file) throws Exception {
        DOMValidateContext context = new DOMValidateContext(certificate(signature).getPublicKey(), signature);
        context.setProperty("org.jcp.xml.dsig.secureValidation", Boolean.FALSE);
        context.setBaseURI(file.toURI().toString());
        return XMLSignatureFactory.getInstance("DOM").unmarshalXMLSignature(context).validate(context);
    }

    static boolean santuario(Element signature, File file) throws Exception {
        return new XMLSignature(signature, file.toURI().toString(), false).checkSignatureValue(certificate(signature).getPublicKey());
    }

    static String verify(boolean jdk, File file) {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setNamespaceAware(true);
            Document document = factory.newDocumentBuilder().parse(file);
            NodeList all = document.getElementsByTagName("*"), signatures = document.getElementsByTagNameNS(DSIG, "Signature");
            for (int i = 0; i < all.getLength(); i++)
                if (((Element) all.item(i)).hasAttribute("Id"))
                    ((Element) all.item(i)).setIdAttribute("Id", true);
            for (int i = 0; i < signatures.getLength(); i++) {
                Element signature = (Element) signatures.item(i);
                if (!(jdk ? jdk(signature, file) : santuario(signature, file)))
                    return "invalid";
            }
            return signatures.getLength() > 0 ? "OK" : "no signature";
        } catch (Exception e) {
            Throwable cause = e;
            while (cause.getCause() != null)
                cause = cause.getCause();
            return String.valueOf(cause.getMessage()).split("\n")[0];
        }
    }

    public static void main(String[] arguments) {
        boolean jdk = arguments[0].equals("jdk");
        if (!jdk) {
            // Santuario has its own name for RSA-PSS, which only BouncyCastle knows.
            java.security.Security.addProvider(new org.bouncycastle.jce.provider.BouncyCastleProvider());
            org.apache.xml.security.Init.init();
        }
        for (int i = 1; i < arguments.length; i++)
            System.out.println(verify(jdk, new File(arguments[i])));
    }
}
